import type { Definition } from '../definition.ts';
import { perWords, plainNumber } from './durations.ts';

type Limited = Pick<Definition, 'name' | 'rateLimits' | 'actions'>;
type Window = NonNullable<Definition['rateLimits']>['windows'][number];

/** How often it is called, whatever the provider allows others: a sentence for everything, one for each group of actions, and what the file adds. */
export function limitWords({ name, rateLimits, actions }: Limited): string[] {
  if (rateLimits === undefined) return [];
  const { windows, sharedBy, note } = rateLimits;
  const named = [...new Set(windows.map(({ group }) => group))].filter((group) => group !== undefined);
  const groups = windows.some(({ group }) => group === undefined) ? [undefined, ...named] : named;
  const counted = groups.map((group) => {
    const words = windows.filter((window) => window.group === group).map(windowWords);
    return group === undefined
      ? `Keyrail makes at most ${joined(words)}.`
      : `${labelsOf(group, actions)}: at most ${joined(words)}.`;
  });
  return [
    ...counted,
    ...(windows.length > 0 ? sharedWords(name, sharedBy) : []),
    ...(note === undefined ? [] : [note]),
  ];
}

function windowWords({ calls, perSeconds }: Window, index: number): string {
  const noun = index > 0 ? '' : calls === 1 ? ' call' : ' calls';
  return `${plainNumber(calls)}${noun} ${perWords(perSeconds)}`;
}

function sharedWords(name: string, sharedBy: 'connection' | 'account' | 'ip'): string[] {
  if (sharedBy === 'account') return [`${name} counts all that uses the same account, here or elsewhere.`];
  return sharedBy === 'ip' ? [`${name} counts all calls from the address of this server.`] : [];
}

/** A group is a name of the file; people know the actions that are in it. */
function labelsOf(group: string, actions: Definition['actions']): string {
  const labels = actions.filter(({ rateGroup }) => rateGroup === group).map(({ label }) => label);
  return labels.length > 0 ? labels.join(', ') : group.replaceAll('_', ' ');
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
