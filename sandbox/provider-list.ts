import { airtable } from './providers/airtable.ts';
import { apollo } from './providers/apollo.ts';
import { appStoreConnect } from './providers/app-store-connect.ts';
import { asana } from './providers/asana.ts';
import { betterenrich } from './providers/betterenrich.ts';
import { box } from './providers/box.ts';
import { calendly } from './providers/calendly.ts';
import { databricks } from './providers/databricks.ts';
import { dropbox } from './providers/dropbox.ts';
import { github } from './providers/github.ts';
import { gitlab } from './providers/gitlab.ts';
import { googleSheets } from './providers/google-sheets.ts';
import { heyreach } from './providers/heyreach.ts';
import { hubspot } from './providers/hubspot.ts';
import { hunter } from './providers/hunter.ts';
import { instantly } from './providers/instantly.ts';
import { intercom } from './providers/intercom.ts';
import { jira } from './providers/jira.ts';
import { linear } from './providers/linear.ts';
import { linkedin } from './providers/linkedin.ts';
import { microsoftAzure } from './providers/microsoft-azure.ts';
import { microsoftOutlook } from './providers/microsoft-outlook.ts';
import { notion } from './providers/notion.ts';
import { pipedrive } from './providers/pipedrive.ts';
import { quickbooks } from './providers/quickbooks.ts';
import { salesforce } from './providers/salesforce.ts';
import { slack } from './providers/slack.ts';
import { smartlead } from './providers/smartlead.ts';
import { snowflake } from './providers/snowflake.ts';
import { xero } from './providers/xero.ts';
import { zohoCrm } from './providers/zoho-crm.ts';
import { zoom } from './providers/zoom.ts';
import type { StandIn } from './stand-in.ts';

/** Every provider that is stood in for, in the order of its address. */
export const PROVIDERS: readonly StandIn[] = [
  apollo,
  hunter,
  betterenrich,
  instantly,
  smartlead,
  heyreach,
  hubspot,
  googleSheets,
  slack,
  salesforce,
  notion,
  airtable,
  asana,
  box,
  calendly,
  dropbox,
  intercom,
  jira,
  linkedin,
  zoom,
  github,
  gitlab,
  linear,
  microsoftOutlook,
  pipedrive,
  quickbooks,
  xero,
  zohoCrm,
  microsoftAzure,
  snowflake,
  databricks,
  appStoreConnect,
];

/** "HubSpot, Slack and Notion": where people sign in. */
export const SIGN_IN_NAMES: string = PROVIDERS.flatMap(({ oauth }) => (oauth ? [oauth.name] : []))
  .join(', ')
  .replace(/, ([^,]+)$/, ' and $1');
