import type { DraftAuth } from './draft.ts';
import { Line, type PartProps } from './form-parts.tsx';

export interface FieldsProps {
  auth: DraftAuth;
  set: (more: Partial<DraftAuth>) => void;
  problem: PartProps['problem'];
}

export function TokenUrl({ auth, set, problem }: FieldsProps) {
  return (
    <Line
      label="Token address"
      placeholder="https://acme.example/oauth/token"
      value={auth.tokenUrl}
      onText={(tokenUrl) => set({ tokenUrl })}
      error={problem('auth.token_url')}
    />
  );
}

export function Scopes({ auth, set, problem }: FieldsProps) {
  return (
    <Line
      label="Scopes"
      description="What is asked for, separated by spaces."
      value={auth.scopes}
      onText={(scopes) => set({ scopes })}
      error={problem('auth.scopes')}
    />
  );
}
