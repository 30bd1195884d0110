import type { ActionInput } from '@keyrail/contract/integrations';
import type { Column } from '@keyrail/contract/tables';
import type { InputMappingInput } from '@keyrail/sdk/shapes';

/** What columns of a meaning are usually called; the first that fits wins. */
const names: Readonly<Record<string, RegExp>> = {
  email: /e-?mail/,
  domain: /domain|website|web ?site|homepage|company url|^url$/,
  first_name: /first|given|vorname|prénom/,
  last_name: /last|family|surname|nachname|^nom$/,
  full_name: /full name|^name$|contact|person/,
  company_name: /company|organi[sz]ation|account|employer|firm/,
  company: /company|organi[sz]ation|account|employer|firm/,
  linkedin_url: /linkedin/,
  phone: /phone|mobile|tel/,
  job_title: /title|position|role|job/,
  country: /country|land/,
  city: /city|town/,
};

/**
 * Which column gives each input, by meaning and by name; what fits nothing stays open. `emailColumns`: action columns that find
 * an email address, by id. They are taken where no other column fits.
 */
export function guessInputs(
  inputs: readonly ActionInput[],
  columns: readonly Column[],
  emailColumns: ReadonlySet<string> = new Set(),
): Record<string, InputMappingInput> {
  const sources = columns.filter((column) => column.type !== 'action');
  const finder = columns.find((column) => emailColumns.has(column.id));
  const guessed: Record<string, InputMappingInput> = {};
  for (const input of inputs) {
    const isEmail = (input.semantic ?? input.name) === 'email';
    const column = columnFor(input, sources) ?? (isEmail ? finder : undefined);
    if (column) guessed[input.name] = { kind: 'column', column_id: column.id };
  }
  return guessed;
}

function columnFor(input: ActionInput, columns: readonly Column[]): Column | undefined {
  const named = columns.find((column) => {
    const name = plain(column.name);
    return name === plain(input.label) || name === plain(input.name);
  });
  if (named) return named;
  const meaning = input.semantic ?? input.name;
  const pattern = names[meaning];
  const fitting =
    pattern && columns.find((column) => pattern.test(plain(column.name)) && !isOther(column, meaning));
  if (fitting) return fitting;
  return meaning === 'email' ? columns.find((column) => column.type === 'email') : undefined;
}

/** "Company domain" is a domain, not a company's name; "First name" is not a full name. */
function isOther(column: Column, meaning: string): boolean {
  const name = plain(column.name);
  if (meaning === 'company_name' || meaning === 'company')
    return /domain|url|website|linkedin|size|country/.test(name);
  if (meaning === 'full_name') return /first|last|company/.test(name);
  if (meaning === 'last_name') return /activity|seen|contacted/.test(name);
  if (meaning === 'domain') return /linkedin/.test(name);
  return false;
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[_\-./]+/g, ' ')
    .trim();
