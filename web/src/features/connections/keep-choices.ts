/** For how long a replaced key or client secret is kept here, in hours. */
export const keepChoices = [
  { value: '24', label: 'For 24 hours, to roll back' },
  { value: '1', label: 'For one hour' },
  { value: '168', label: 'For 7 days' },
  { value: '720', label: 'For 30 days' },
  { value: '0', label: 'Not at all: it leaked' },
];
