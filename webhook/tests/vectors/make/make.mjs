// Writes every provider's vector file into the directory that is named on the command line.
import { github } from './github.mjs';
import { shopify } from './shopify.mjs';
import { slack } from './slack.mjs';
import { standardWebhooks, svix } from './standard-webhooks.mjs';
import { stripe } from './stripe.mjs';
import { twilio } from './twilio.mjs';

const [directory] = process.argv.slice(2);
if (!directory) throw new Error('usage: node make.mjs DIRECTORY');
for (const provider of [github, shopify, slack, standardWebhooks, stripe, svix, twilio]) {
  const file = await provider();
  file.write(directory);
}
