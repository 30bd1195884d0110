import { TextInput } from '@mantine/core';
import { newPair, type Pair } from './draft.ts';
import { LinesField } from './lines-field.tsx';

interface Props {
  label: string;
  help?: string;
  pairs: Pair[];
  onChange: (pairs: Pair[]) => void;
  /** What one is called: "header". */
  noun: string;
  names: string;
  values: string;
  valueHint?: string;
  nameHint?: string;
  problem: (name: string) => string | undefined;
}

/** A list of names and values, one line each. */
export function PairsField(props: Props) {
  const { label, help, pairs, onChange, noun, problem } = props;
  return (
    <LinesField
      label={label}
      help={help}
      noun={noun}
      line="pair"
      items={pairs}
      make={newPair}
      onChange={onChange}
    >
      {(pair, index, change) => (
        <>
          <TextInput
            aria-label={`${props.names}, ${noun} ${index + 1}`}
            placeholder={props.nameHint ?? props.names}
            value={pair.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
            error={problem(pair.name)}
            autoComplete="off"
            spellCheck={false}
          />
          <TextInput
            aria-label={`${props.values}, ${noun} ${index + 1}`}
            placeholder={props.valueHint ?? props.values}
            value={pair.value}
            onChange={(event) => change({ value: event.currentTarget.value })}
            autoComplete="off"
            spellCheck={false}
          />
        </>
      )}
    </LinesField>
  );
}
