import type { ValueType } from '@keyrail/contract/tables';

export const valueTypes: readonly ValueType[] = ['text', 'number', 'boolean', 'date', 'email', 'url', 'json'];
