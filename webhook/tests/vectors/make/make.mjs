// Writes every provider's vector file into the directory that is named on the command line.
import { fileURLToPath } from 'node:url';
import { adyenFamily } from './adyen.mjs';
import { body } from './body.mjs';
import { bodyBase64 } from './body_base64.mjs';
import { bodyOtherHash } from './body_other_hash.mjs';
import { bodyWithoutId } from './body_without_id.mjs';
import { formsFamily } from './forms.mjs';
import { github } from './github.mjs';
import { inngest } from './inngest.mjs';
import { insideFamily } from './inside.mjs';
import { jwtFamily } from './jwt.mjs';
import { keysFamily } from './keys.mjs';
import { rsaFamily } from './rsa.mjs';
import { shopify } from './shopify.mjs';
import { slack } from './slack.mjs';
import { snsFamily } from './sns.mjs';
import { standardFamily } from './standard-family.mjs';
import { standardWebhooks, svix } from './standard-webhooks.mjs';
import { stripe } from './stripe.mjs';
import { timedDocs } from './timed-docs.mjs';
import { timedSdk } from './timed-sdk.mjs';
import { tokenFamily } from './token.mjs';
import { twilio } from './twilio.mjs';
import { urlFamily } from './url.mjs';

/** One function for each provider: it makes the provider's file. */
export const providers = [
  github, inngest, shopify, slack, standardWebhooks, stripe, svix, twilio,
  ...body, ...bodyBase64, ...bodyOtherHash, ...bodyWithoutId,
  ...standardFamily, ...timedDocs, ...timedSdk,
  ...urlFamily, ...keysFamily, ...tokenFamily, ...insideFamily, ...jwtFamily, ...rsaFamily, ...snsFamily, ...adyenFamily, ...formsFamily,
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory] = process.argv.slice(2);
  if (!directory) throw new Error('usage: node make.mjs DIRECTORY');
  for (const provider of providers) {
    const file = await provider();
    file.write(directory);
  }
}
