import { createHash } from 'node:crypto';

/** The same text gives the same number from 0 to `below` - 1, always: answers are made of inputs, not of chance. */
export function pick(text: string, below: number): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) % below;
}

export function oneOf<T>(text: string, choices: readonly [T, ...T[]]): T {
  return choices[pick(text, choices.length)] ?? choices[0];
}

const TITLES = [
  'Head of Sales',
  'Software Engineer',
  'Chief Executive Officer',
  'Marketing Manager',
  'Product Manager',
  'Finance Director',
] as const;
const PLACES = [
  'Paris, France',
  'Berlin, Germany',
  'Austin, Texas, United States',
  'London, United Kingdom',
  'Lisbon, Portugal',
] as const;
const INDUSTRIES = ['Software', 'Logistics', 'Retail', 'Manufacturing', 'Consulting'] as const;

export interface Person {
  found: boolean;
  firstName: string;
  lastName: string;
  email: string;
  score: number;
  title: string;
  location: string;
  linkedinHandle: string;
  phone: string;
}

const NOT_FOUND_PERCENT = 12;

/** Who answers to this name at this domain. About 12 in 100 are not found, the same ones each time. */
export function personAt(firstName: string, lastName: string, domain: string): Person {
  const seed = `${firstName} ${lastName}@${domain}`.toLowerCase();
  const local = [firstName, lastName].map(asciiWord).filter(Boolean).join('.') || 'info';
  return {
    found: pick(`found ${seed}`, 100) >= NOT_FOUND_PERCENT,
    firstName,
    lastName,
    email: `${local}@${domain.toLowerCase()}`,
    score: 70 + pick(`score ${seed}`, 30),
    title: oneOf(`title ${seed}`, TITLES),
    location: oneOf(`place ${seed}`, PLACES),
    linkedinHandle: [firstName, lastName].map(asciiWord).filter(Boolean).join('-'),
    phone: `+1555${String(1_000_000 + pick(`phone ${seed}`, 8_999_999))}`,
  };
}

/** "jane.doe@acme.example" is Jane Doe at acme.example. */
export function personOfEmail(email: string): Person {
  const [local = '', domain = 'example.com'] = email.split('@');
  const [first = '', last = ''] = local.split(/[._-]/);
  return personAt(capital(first), capital(last), domain);
}

export function splitName(fullName: string): [string, string] {
  const [first = '', ...rest] = fullName.trim().split(/\s+/);
  return [first, rest.join(' ')];
}

export interface Company {
  found: boolean;
  name: string;
  domain: string;
  industry: string;
  location: string;
  founded: number;
  employees: number;
}

export function companyAt(domain: string): Company {
  const seed = domain.toLowerCase();
  return {
    found: pick(`company ${seed}`, 100) >= NOT_FOUND_PERCENT,
    name: capital(seed.split('.')[0] ?? seed),
    domain: seed,
    industry: oneOf(`industry ${seed}`, INDUSTRIES),
    location: oneOf(`where ${seed}`, PLACES),
    founded: 1980 + pick(`founded ${seed}`, 44),
    employees: 5 + pick(`employees ${seed}`, 5000),
  };
}

/** A domain for a company known by name only. */
export function domainOfCompany(name: string): string {
  return `${asciiWord(name) || 'company'}.com`;
}

export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function asciiWord(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
