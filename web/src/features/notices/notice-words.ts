import type { Delivery, Notice, NoticeKind } from '@keyrail/contract/notices';
import type { Tone } from '../../lib/words.ts';

/** Why people are told, as it is chosen and filtered by. */
export const kindWords: Record<NoticeKind, { words: string; about: string; tone: Tone }> = {
  needs_attention: {
    words: 'Needs attention',
    about: 'Something stopped, or will not come right by itself.',
    tone: 'red',
  },
  expires_soon: { words: 'Expires soon', about: '30, 7 and 1 days ahead.', tone: 'amber' },
  recovered: { words: 'Works again', about: 'What needed attention was put right.', tone: 'green' },
};

export const noticeKinds = Object.keys(kindWords) as NoticeKind[];

/** "All notices", "Needs attention, expires soon". */
export function kindsInWords(kinds: readonly NoticeKind[]): string {
  if (kinds.length === noticeKinds.length) return 'All notices';
  const said = noticeKinds.filter((kind) => kinds.includes(kind)).map((kind) => kindWords[kind].words);
  return said.map((words, at) => (at === 0 ? words : words.toLowerCase())).join(', ');
}

export const deliveryWords: Record<Delivery['state'], { words: string; tone: Tone }> = {
  pending: { words: 'On its way', tone: 'grey' },
  delivered: { words: 'Arrived', tone: 'green' },
  failed: { words: 'Did not arrive', tone: 'red' },
};

/** Where the thing is that a notice is about. */
export function placeOf({ subject }: Notice): { to: string; search?: Record<string, string> } {
  switch (subject.kind) {
    case 'connection':
      return { to: `/settings/connections/${subject.integration ?? ''}`, search: { open: subject.id } };
    case 'sign_in_setup':
      return { to: '/settings/sign-in-setups' };
    case 'api_token':
      return { to: '/settings/tokens' };
    default:
      return { to: '/settings/notifications' };
  }
}
