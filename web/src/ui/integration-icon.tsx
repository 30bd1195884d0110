import styles from './integration-icon.module.css';

interface Props {
  icon: { svg: string | null; monogram: string; color: string };
  size?: number;
}

/**
 * A tool's mark. The picture is text from outside: it is only ever drawn as an image, where nothing in it can run.
 * Decorative, as the name always stands beside it.
 */
export function IntegrationIcon({ icon, size = 32 }: Props) {
  const box = { width: size, height: size, borderRadius: Math.max(4, Math.round(size / 4)) };
  if (icon.svg !== null) {
    const inner = Math.round(size * 0.625);
    const address = `data:image/svg+xml,${encodeURIComponent(icon.svg)}`;
    return (
      <span className={styles.plate} style={box} aria-hidden>
        <img src={address} width={inner} height={inner} alt="" />
      </span>
    );
  }
  return (
    <span
      className={styles.monogram}
      style={{ ...box, background: icon.color, fontSize: Math.round(size * 0.4), color: inkOn(icon.color) }}
      aria-hidden
    >
      {icon.monogram}
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
