/** The policy, and the templates to start from. */
import { policyHash } from '../../core/policy/document.ts';
import { checkPolicy } from '../../core/policy/rules.ts';
import { TEMPLATE_NAMES, templateDescription } from '../../core/policy/templates.ts';
import { policyFacts } from '../../words/policy.ts';
import { formOf } from '../../words/policyform.ts';
import type { ProjectView } from '../contract.ts';
import type { State } from '../state.ts';
import { findingView } from './finding.ts';

/** The policy as text, as facts and as a form, with what its rules find. */
export const policyView = ({ derived: { policy: p } }: State): ProjectView['policy'] =>
  p === undefined
    ? null
    : {
        file: p.file,
        name: p.policy.name,
        description: p.policy.description ?? '',
        hash: policyHash(p.policy),
        text: p.text,
        facts: policyFacts(p.policy),
        form: formOf(p.policy).map(({ field, value, offered }) => ({
          path: field.path.join('.'),
          label: field.label,
          value,
          choices: [
            ...(offered ? [] : [{ value, text: value }]),
            ...field.choices.map((c) => ({ value: String(c.value), text: c.text })),
          ],
        })),
        findings: checkPolicy(p.policy).map(findingView),
      };

/** The templates, each with what it is for. */
export const templateViews = (): ProjectView['templates'] =>
  TEMPLATE_NAMES.map((name) => ({ name, description: templateDescription(name) }));
