import type { CustomAction, CustomDefinition } from '@keyrail/contract/custom';
import { ADDRESS_STAMP, AUTHORITY } from '../catalog/requests/base-url.ts';
import { authOf } from './auth-of.ts';
import { probeOf } from './check-of.ts';

/** Something of a whole that only ready-made files say, where they were read and when; here it is the workspace itself. */
const SAID_BY = {
  sources: [{ at: 'the workspace', for: ['auth', 'probe', 'actions'] }],
  checked: '2026-01-01',
};
const COLORS = ['#5b5bd6', '#0f766e', '#b45309', '#be123c', '#1d4ed8', '#7e22ce', '#15803d'];

/** What was described, as a catalog file would say it: everything behind the catalog then treats it like any other. */
export function fileOf(described: CustomDefinition, slug: string, addressStamp: string): object {
  const { name, icon, check } = described;
  const home = homepageOf(described.base_url);
  return {
    slug,
    name,
    category: CUSTOM_CATEGORY,
    description: described.description || `${name}, as your workspace described it.`,
    homepage: home,
    docs_url: home,
    icon: icon ?? defaultIcon(name),
    base_url: described.base_url,
    connection_fields: [{ name: ADDRESS_STAMP, label: 'Address', fixed: addressStamp }, SERVERS_AUTHORITY],
    default_headers: described.headers,
    // Whoever describes an API need not say in which of the two it answers.
    xml_answers: {},
    auth: [authOf(described.auth)],
    ...(check !== null && { probe: probeOf(check) }),
    actions: described.actions.map((action, index) => actionOf(action, index === 0)),
    ...SAID_BY,
  };
}

/** Asked for with each credential, since it is what makes the other side believed. */
const SERVERS_AUTHORITY = {
  name: AUTHORITY,
  label: "The server's own authority (PEM)",
  help: 'Only where the server has a certificate that is not from a public authority: the certificate of the company’s own.',
  kind: 'authority',
  required: false,
  group: 'For a server of your company',
};

const CUSTOM_CATEGORY = 'Custom';

function defaultIcon(name: string): { text: string; color: string } {
  const sum = [...name].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  const [letter = '?'] = [...new Intl.Segmenter('en').segment(name)].map((one) => one.segment);
  return { text: letter.toUpperCase(), color: COLORS[sum % COLORS.length] ?? '#5b5bd6' };
}

function homepageOf(baseUrl: string): string {
  const url = URL.parse(baseUrl);
  return url === null || url.hostname === '' ? 'https://invalid.example' : `https://${url.hostname}`;
}

function actionOf(action: CustomAction, isPrimary: boolean): object {
  const { name, label, address, no_result_path: path } = action;
  return {
    name,
    label,
    description: action.description || label,
    primary: isPrimary,
    ...(address !== null && { base_url: address }),
    request: {
      method: action.method,
      path: action.path,
      query: action.query,
      headers: action.headers,
      ...(action.body !== null && { body: action.body }),
    },
    inputs: action.inputs.map(({ is_required: required, help, ...input }) => ({
      ...input,
      required,
      ...(help !== '' && { help }),
    })),
    outputs: action.outputs.map((output, index) => ({ ...output, primary: index === 0 })),
    no_result: [
      ...(action.no_result_status.length > 0 ? [{ status: action.no_result_status }] : []),
      ...(path === null ? [] : [{ body: { path, empty: true } }]),
    ],
    repeatable: action.is_repeatable,
  };
}
