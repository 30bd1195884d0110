let isOn = false;

/** Keeps the page as it is until it is left: what it is about is gone, and it has something left to say. */
export function holdPage(): void {
  isOn = true;
}

export const isHeld = (): boolean => isOn;
