/** The message files: one a subject, English message to German one. A subject may use a message of another. */
import type { Language, Messages } from '../language.ts';
import approval from './de/approval.json' with { type: 'json' };
import attacks from './de/attacks.json' with { type: 'json' };
import attest from './de/attest.json' with { type: 'json' };
import boot from './de/boot.json' with { type: 'json' };
import commands from './de/commands.json' with { type: 'json' };
import diff from './de/diff.json' with { type: 'json' };
import electron from './de/electron.json' with { type: 'json' };
import errors from './de/errors.json' with { type: 'json' };
import facts from './de/facts.json' with { type: 'json' };
import fleet from './de/fleet.json' with { type: 'json' };
import hostkey from './de/hostkey.json' with { type: 'json' };
import image from './de/image.json' with { type: 'json' };
import officer from './de/officer.json' with { type: 'json' };
import policy from './de/policy.json' with { type: 'json' };
import project from './de/project.json' with { type: 'json' };
import review from './de/review.json' with { type: 'json' };
import rules from './de/rules.json' with { type: 'json' };
import secrets from './de/secrets.json' with { type: 'json' };
import sheet from './de/sheet.json' with { type: 'json' };
import uv from './de/uv.json' with { type: 'json' };
import values from './de/values.json' with { type: 'json' };
import verdict from './de/verdict.json' with { type: 'json' };
import window from './de/window.json' with { type: 'json' };

/** By subject, for tests that look for what is said twice or no longer. */
export const GERMAN: Readonly<Record<string, Messages>> = {
  approval,
  attacks,
  attest,
  boot,
  commands,
  diff,
  electron,
  errors,
  facts,
  fleet,
  hostkey,
  image,
  officer,
  policy,
  project,
  review,
  rules,
  secrets,
  sheet,
  uv,
  values,
  verdict,
  window,
};

/** All messages of a language; none for English, which stands in the program. */
export const messagesOf = (language: Language): Messages =>
  language === 'en' ? {} : Object.assign({}, ...Object.values(GERMAN));
