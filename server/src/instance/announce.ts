/** NOTIFY channel: an operator has said which instance the database is. No payload. */
export const INSTANCE_CHANGED = 'instance_changed';

/** Class of the advisory lock that every confirmed process shares for as long as it lives. */
export const VOUCHER = 731_323;
