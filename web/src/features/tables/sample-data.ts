/** Invented people at well-known companies, as a CSV like those people bring. */
const people: readonly [string, string, string, string, string][] = [
  ['Ada', 'Okafor', 'Adyen', 'adyen.com', 'Head of Partnerships'],
  ['Marcus', 'Lindqvist', 'Klarna', 'klarna.com', 'Director of Sales'],
  ['Priya', 'Raman', 'Patagonia', 'patagonia.com', 'VP Marketing'],
  ['Jonas', 'Weber', 'SAP', 'sap.com', 'Account Executive'],
  ['Camille', 'Moreau', 'Doctolib', 'doctolib.fr', 'Head of Growth'],
  ['Diego', 'Fuentes', 'Mercado Libre', 'mercadolibre.com', 'Product Manager'],
  ['Hannah', 'Kim', 'Airbnb', 'airbnb.com', 'Revenue Operations'],
  ['Tomasz', 'Nowak', 'Allegro', 'allegro.pl', 'Engineering Manager'],
  ['Laila', 'Haddad', 'Careem', 'careem.com', 'Head of Operations'],
  ['Oliver', 'Bennett', 'Monzo', 'monzo.com', 'Finance Lead'],
  ['Sofia', 'Rossi', 'Satispay', 'satispay.com', 'Marketing Manager'],
  ['Kenji', 'Tanaka', 'Mercari', 'mercari.com', 'Data Analyst'],
  ['Ingrid', 'Solberg', 'Vipps', 'vipps.no', 'Chief of Staff'],
  ['Noah', 'Schmidt', 'Personio', 'personio.com', 'Customer Success Lead'],
  ['Amara', 'Diallo', 'Wave', 'wave.com', 'Country Manager'],
  ['Lucas', 'Almeida', 'Nubank', 'nubank.com.br', 'Growth Lead'],
  ['Emma', 'Visser', 'Mollie', 'mollie.com', 'Partnerships Manager'],
  ['Ravi', 'Menon', 'Freshworks', 'freshworks.com', 'Solutions Architect'],
  ['Chloe', 'Martin', 'Qonto', 'qonto.com', 'Sales Development'],
  ['Eero', 'Virtanen', 'Wolt', 'wolt.com', 'City Lead'],
  ['Zanele', 'Dube', 'Yoco', 'yoco.com', 'Head of Sales'],
  ['Mateo', 'Garcia', 'Glovo', 'glovoapp.com', 'Operations Manager'],
  ['Grace', 'Liu', 'Lego', 'lego.com', 'Design Director'],
  ['Samuel', 'Adeyemi', 'Paystack', 'paystack.com', 'Developer Relations'],
];

export function sampleFile(): File {
  const lines = people.map((person) => person.join(','));
  const text = ['First name,Last name,Company,Domain,Job title', ...lines].join('\n');
  return new File([text], 'Sample leads.csv', { type: 'text/csv' });
}
