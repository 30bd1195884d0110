import { useState } from 'react';
import styles from './integration-icon.module.css';

interface Props {
  icon: { url: string | null; monogram: string; color: string };
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
        background: icon.color,
        fontSize: Math.max(8, Math.round(size * share)),
        color: inkOn(icon.color),
      }}
      aria-hidden
    >
      {letters.slice(0, 3).join('')}
    </span>
  );
}

/** Black or white, whichever is easier to read on the colour: at least 4.5:1 on any (WCAG relative luminance). */
function inkOn(color: string): string {
  const hex = /^#?([0-9a-f]{6})$/i.exec(color)?.[1];
  if (hex === undefined) return '#fff';
  const channels = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const [red = 0, green = 0, blue = 0] = channels;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff';
}
