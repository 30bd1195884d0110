import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { IconCheck, IconExternalLink } from '@tabler/icons-react';
import { isFileMethod, secretName } from './methods.ts';
import styles from './rotation.module.css';

interface Props {
  tool: Integration;
  method: AuthMethod | undefined;
  /** How many of the four steps are done. */
  done: 0 | 1 | 2 | 3;
}

/** The four steps of replacing a key without a failed call in between, shown where it is done. */
export function RotationSteps({ tool, method, done }: Props) {
  const secret = lower(secretName(method));
  const place = linkOf(method);
  const where = method?.key_location ?? tool.key_location;
  const help = ownHelp(method, where);
  const steps = [
    <>
      Make a new {secret} in {placed(tool.name, place)}
      {where !== null && help === null && <span className="k-2"> under {where}</span>}. Leave the old one as
      it is.
    </>,
    isFileMethod(method) ? <>Upload it here and save.</> : <>Paste it here and save.</>,
    <>It is verified with {tool.name} before it takes the old one's place. No call fails in between.</>,
    <>
      {isFileMethod(method) ? 'Deactivate' : 'Revoke'} the old {secret} in {placed(tool.name, place)}.
    </>,
  ];
  return (
    <FourSteps what={secret} steps={steps} done={done}>
      {done < 3 && help !== null && <p className={styles.help}>{help}</p>}
    </FourSteps>
  );
}

interface FourStepsProps {
  /** What is replaced: "API key", "client secret". */
  what: string;
  steps: readonly React.ReactNode[];
  done: number;
  children?: React.ReactNode;
}

/** The steps themselves, with the one that is next. */
export function FourSteps({ what, steps, done, children }: FourStepsProps) {
  return (
    <div className={styles.steps}>
      <ol aria-label={`How to replace the ${what}`}>
        {steps.map((step, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: four steps that never move
          <li key={at} data-done={at < done || undefined} aria-current={at === done ? 'step' : undefined}>
            <span className={styles.sign}>
              {at < done ? <IconCheck size={12} aria-label="Done:" /> : at + 1}
            </span>
            <span>{step}</span>
          </li>
        ))}
      </ol>
      {children}
    </div>
  );
}

/** What the catalog knows of this tool besides; where it only knows the place, the first step has said it. */
function ownHelp(method: AuthMethod | undefined, where: string | null): string | null {
  const help = method?.rotation_help ?? null;
  const isPlaceAlone =
    where !== null && help?.startsWith('Make a new ') && help.includes(` under ${where}, `);
  return isPlaceAlone ? null : help;
}

/** The tool's name, as a link to the page where its keys are, where the catalog knows it. */
export function placed(name: string, address: string | null): React.ReactNode {
  if (address === null) return name;
  return (
    <a href={address} className={styles.place} target="_blank" rel="noopener noreferrer">
      {name} <IconExternalLink size={12} className={styles.outside} aria-label="opens in a new tab" />
    </a>
  );
}

/** Where the tool's keys are. */
export function linkOf(method: AuthMethod | undefined): string | null {
  const address = method?.fields.find((field) => field.help_url !== null)?.help_url ?? null;
  return address !== null && /^https?:/i.test(address) ? address : null;
}

/** "API key" stays, "Service account key" becomes small inside a sentence. */
export const lower = (label: string): string =>
  /^[A-Z][a-z]/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
