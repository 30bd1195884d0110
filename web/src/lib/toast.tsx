import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { sentenceOf } from './failure.ts';

/** Says in the corner that something was done. Read aloud politely; gone after four seconds. */
export function toastDone(message: string): void {
  notifications.show({
    message,
    icon: <IconCheck size={16} />,
    color: 'teal',
    autoClose: 4000,
    withBorder: true,
  });
}

/** Says that something did not work. Stays until it is closed, as it may ask for something. */
export function toastError(error: unknown, title?: string): void {
  notifications.show({
    ...(title !== undefined && { title }),
    message: sentenceOf(error),
    icon: <IconAlertTriangle size={16} />,
    color: 'red',
    autoClose: 10_000,
    withBorder: true,
    role: 'alert',
  });
}
