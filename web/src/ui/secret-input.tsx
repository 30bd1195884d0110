import { PasswordInput, type PasswordInputProps } from '@mantine/core';
import { useState } from 'react';

interface Props extends PasswordInputProps {
  label: string;
}

/** A field whose text is dots until somebody asks to see it: by mouse or keyboard, and said by its name. */
export function SecretInput(props: Props) {
  const [isVisible, setVisible] = useState(false);
  return (
    <PasswordInput
      {...props}
      visible={isVisible}
      onVisibilityChange={setVisible}
      visibilityToggleFocusable
      visibilityToggleButtonProps={{ 'aria-label': `${isVisible ? 'Hide' : 'Show'} ${props.label}` }}
    />
  );
}
