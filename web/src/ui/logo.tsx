/** A key whose shaft is a rail. */
export function Logo({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--k-accent)" />
      <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
        <circle cx="10.5" cy="16" r="3.9" />
        <path d="M14.6 16H26M21 16v4.2M25.6 16v3" />
      </g>
    </svg>
  );
}
