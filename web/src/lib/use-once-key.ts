import { useRef } from 'react';

/** One key for one request, however often it is sent: an answer that got lost makes nothing a second time. */
export function useOnceKey(): (body: unknown) => string {
  const last = useRef({ text: '', key: '' });
  return (body) => {
    const text = JSON.stringify(body);
    if (last.current.text !== text) last.current = { text, key: crypto.randomUUID() };
    return last.current.key;
  };
}
