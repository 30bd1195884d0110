import { z } from 'zod';

const keyFormSchema = z.strictObject({
  service: z.string().min(1),
  integration: z.string().nullable(),
  pattern: z.string().max(400),
  source: z.string(),
});

/** Documented forms of keys that only one service has: a known beginning, or an unmistakable build. */
export interface KeyForm {
  service: string;
  /** Slug of the integration, where there is one. */
  integration: string | null;
  matches(key: string): boolean;
}

const LONGEST_KEY = 5000;

/** Reads catalog/key-forms.json. Throws where it is not in form: it comes with the product. */
export function readKeyForms(json: unknown): readonly KeyForm[] {
  return z
    .array(keyFormSchema)
    .parse(json)
    .map(({ service, integration, pattern }) => {
      const expression = new RegExp(pattern);
      return { service, integration, matches: (key) => key.length <= LONGEST_KEY && expression.test(key) };
    });
}

/**
 * Another service's key pasted here by mistake: which service it belongs to, or null. Only ever a remark: nothing is
 * refused for it.
 */
export function foreignKeyForm(
  forms: readonly KeyForm[],
  slug: string,
  key: string,
): Pick<KeyForm, 'service' | 'integration'> | null {
  const fitting = forms.filter((form) => form.matches(key));
  const first = fitting[0];
  if (first === undefined || fitting.some((form) => form.integration === slug)) return null;
  return { service: first.service, integration: first.integration };
}
