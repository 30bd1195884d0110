import { useState } from 'react';
import { useTool } from '../lib/tools.ts';
import styles from './integration-icon.module.css';

interface Icon {
  url: string | null;
  monogram: string;
  color: string;
}

interface Props {
  icon: Icon;
  size?: number;
}

/**
 * A tool's mark, or its letters where there is none or it did not come. The picture is only ever drawn as an image, where
 * nothing in it can run. Decorative, as the name always stands beside it.
 */
export function IntegrationIcon({ icon, size = 32 }: Props) {
  const [missing, setMissing] = useState<string | null>(null);
  const box = { width: size, height: size, borderRadius: Math.max(4, Math.round(size / 4)) };
  if (icon.url !== null && icon.url !== missing) {
    const inner = Math.round(size * 0.625);
    return (
      <span className={styles.plate} style={box} aria-hidden>
        <img
          src={icon.url}
          width={inner}
          height={inner}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => setMissing(icon.url)}
        />
      </span>
    );
  }
  const letters = Array.from(icon.monogram);
  const share = letters.length === 1 ? 0.48 : letters.length === 2 ? 0.4 : 0.3;
  return (
    <span
      className={styles.monogram}
      style={{
        ...box,
        ...drawn(icon.color),
        fontSize: Math.max(8, Math.round(size * share)),
      }}
      aria-hidden
    >
      {letters.slice(0, 3).join('')}
    </span>
  );
}

/** Of a tool that is not known (yet): its first letter, in grey. */
export const plainIcon = (name: string): Icon => ({
  url: null,
  monogram: name.slice(0, 1).toUpperCase(),
  color: '#5d606a',
});

/** The mark of a tool of which only slug and name are at hand. */
export function ToolIcon({ slug, name, size }: { slug: string; name: string; size?: number }) {
  const icon = useTool(slug)?.icon ?? plainIcon(name);
  return <IntegrationIcon icon={icon} {...(size !== undefined && { size })} />;
}

/**
 * White letters, as brands have them: on a colour that is a little too light for them it is darkened until they are read as any
 * text must be (4.5:1, WCAG 1.4.3). On one that is far too light they are black.
 */
function drawn(color: string): { background: string; color: string } {
  let channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  if (channels.some(Number.isNaN)) return { background: '#5d606a', color: '#fff' };
  if (contrastToWhite(channels) < 3) return { background: color, color: '#000' };
  while (contrastToWhite(channels) < 4.5) channels = channels.map((part) => Math.floor(part * 0.97));
  return { background: `rgb(${channels.join(' ')})`, color: '#fff' };
}

/** By relative luminance, of channels from 0 to 255. */
function contrastToWhite(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
