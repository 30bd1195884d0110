import type { AuthorizationMessage } from '@keyrail/sdk/shapes';

const size = { width: 560, height: 740 };

/**
 * Opens the window for a sign-in. Has to be called right in the click: browsers block it a moment later. Null where it was
 * blocked. Every window is one of its own, so that two sign-ins at once do not meet.
 */
export function openSignInWindow(toolName: string): Window | null {
  const left = Math.max(0, Math.round(window.screenX + (window.outerWidth - size.width) / 2));
  const top = Math.max(0, Math.round(window.screenY + (window.outerHeight - size.height) / 2));
  const opened = window.open(
    '',
    '_blank',
    `popup,width=${size.width},height=${size.height},left=${left},top=${top}`,
  );
  if (opened === null || opened.closed) return null;
  try {
    showOpening(opened.document, toolName);
  } catch {
    // The window is there, only empty until the provider's page comes.
  }
  return opened;
}

function showOpening(document: Document, toolName: string): void {
  document.title = `Opening ${toolName}…`;
  document.documentElement.style.colorScheme = 'light dark';
  document.body.style.font = '14px system-ui, sans-serif';
  document.body.style.padding = '24px';
  document.body.textContent = `Opening ${toolName}…`;
}

/** Sends the window to the provider. Only there: an address of another kind is never opened. */
export function sendTo(opened: Window, address: string): void {
  if (isWebAddress(address)) opened.location.replace(address);
}

export const isWebAddress = (address: string): boolean => /^https?:\/\//i.test(address);

export function originOf(address: string | undefined): string | null {
  return address !== undefined && URL.canParse(address) ? new URL(address).origin : null;
}

/**
 * Hears what the callback page says to its opener: no more than that this sign-in is over. Only from that very window and
 * from our own origin; anything else is not listened to, and the server is asked in any case.
 */
export function onSignInMessage(opened: Window | null, id: string, act: () => void): () => void {
  const listen = (event: MessageEvent) => {
    if (event.origin !== location.origin || opened === null || event.source !== opened) return;
    const said = event.data as Partial<AuthorizationMessage> | null;
    if (said?.type === 'keyrail.authorization' && said.id === id) act();
  };
  addEventListener('message', listen);
  return () => removeEventListener('message', listen);
}
