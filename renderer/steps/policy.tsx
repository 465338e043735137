/** Step 3: the personalization policy. */
import { Button, Select, SelectItem } from '@carbon/react';
import { useState } from 'react';
import { t } from '../../words/language.ts';
import { DropZone } from '../components/drop-zone.tsx';
import { Facts, Hash } from '../components/facts.tsx';
import { Findings } from '../components/findings.tsx';
import { readOne } from '../files.ts';
import { useStore } from '../store.ts';
import { Approvals } from './approvals.tsx';
import { PolicyEditor } from './policy-editor.tsx';

const POLICY_MAX = 256 * 1024;

const Templates = () => {
  const templates = useStore((s) => s.view?.templates) ?? [];
  const change = useStore((s) => s.change);
  const [name, setName] = useState('');
  const chosen = name || templates[0]?.name || '';
  return (
    <section className="row">
      <Select
        id="template"
        // what templates say of themselves stands in their policies, and stays as it is there
        lang="en"
        labelText={t('Or start from a template')}
        value={chosen}
        onChange={(e) => setName(e.target.value)}
      >
        {templates.map((x) => (
          // a template's description stands in its policy, and stays as it is there
          <SelectItem key={x.name} value={x.name} text={`${x.name}: ${x.description}`} />
        ))}
      </Select>
      <Button
        kind="tertiary"
        size="md"
        disabled={chosen === ''}
        onClick={() => void change('policy.template', { name: chosen }, t('Reading the template'))}
      >
        {t('Use this template')}
      </Button>
    </section>
  );
};

export const PolicyStep = () => {
  const policy = useStore((s) => s.view?.policy);
  const approvals = useStore((s) => s.view?.approvals);
  const change = useStore((s) => s.change);
  return (
    <>
      <DropZone
        label={t('Drop a policy here')}
        hint={t('A YAML file of the format sel-personalization-policy.')}
        button={policy ? t('Choose another policy') : t('Choose a policy')}
        accept=".yaml,.yml,.json"
        onFiles={async ([file]) => {
          if (file) await change('policy.set', await readOne(file, POLICY_MAX), t('Reading the policy'));
        }}
      />
      <Templates />
      {policy && (
        <>
          <div className="card">
            <div className="card__head">
              <h2>{policy.name}</h2>
              <span className="card__note">{policy.file}</span>
            </div>
            {policy.description && <p lang="">{policy.description}</p>}
            <Facts
              rows={[
                ...policy.facts.map((f) => [f.about, f.value] as const),
                [t('Policy hash'), <Hash key="hash" value={policy.hash} what={t('policy hash')} />],
              ]}
            />
          </div>
          {policy.findings.length > 0 ? (
            <section>
              <h2>{t('What the rules say')}</h2>
              <Findings findings={policy.findings} />
            </section>
          ) : (
            <p className="quiet">{t('The policy keeps every rule.')}</p>
          )}
          {approvals && <Approvals approvals={approvals} />}
          <PolicyEditor policy={policy} />
        </>
      )}
    </>
  );
};
