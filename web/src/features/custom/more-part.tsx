import { Textarea } from '@mantine/core';
import styles from './custom.module.css';
import type { PartProps } from './form-parts.tsx';
import { PairsField } from './pairs-field.tsx';

/** What few need: headers for every request, and other hosts. */
export function MorePart({ draft, onChange, problem }: PartProps) {
  return (
    <>
      <PairsField
        label="Extra headers"
        help="Sent with every request. No keys: those belong under authentication, where they are encrypted."
        noun="header"
        names="Header"
        values="Value"
        nameHint="X-Version"
        valueHint="2"
        pairs={draft.headers}
        onChange={(headers) => onChange({ headers })}
        problem={(name) => (name === '' ? undefined : problem(`headers.${name}`))}
      />
      <Textarea
        label="Allowed hosts"
        description="Other hosts of the same tool that the credential may go to, one a line."
        placeholder="https://files.acme.example"
        autosize
        minRows={1}
        maxRows={6}
        spellCheck={false}
        value={draft.allowedHosts}
        onChange={(event) => onChange({ allowedHosts: event.currentTarget.value })}
        error={problem('allowed_hosts')}
        classNames={{ input: styles.code ?? '' }}
      />
    </>
  );
}
