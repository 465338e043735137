/** The verdict on a report: against the project's own bundle, an earlier record, or the newest bundle at hand. */
import { type Bytes, utf8, wipe } from '../../core/bytes.ts';
import { readableJson } from '../../core/canonical.ts';
import { fail, inFile, SelError } from '../../core/errors.ts';
import type { Project } from '../../core/project/content.ts';
import { bundleOf, reportJudged, verifyContext } from '../../core/project/project.ts';
import { readReport } from '../../core/report/format.ts';
import { sightingOf, verifyReport } from '../../core/report/verify.ts';
import { writeTree } from '../../edge/files.ts';
import { findRecordById, remember, type TenantRecord } from '../../edge/record.ts';
import { PROGRAM } from '../../edge/version.ts';
import { t } from '../../words/language.ts';
import { verdictHtml, verdictPdf } from '../../words/sheet.ts';
import { verdictAsText } from '../../words/verdict.ts';
import type { ChosenFile, ProjectView } from '../contract.ts';
import { placeFor } from '../places.ts';
import { needReport } from './needs.ts';
import type { OpenProject } from './open.ts';

/** What an earlier record says about a bundle; without one, the newest bundle at hand is what a stranger's report is held against. */
const recordContext = (file: string, id: string, record: TenantRecord | undefined, kept: Project) => {
  const newest = kept.bundles.at(-1);
  if (record) return { ...record, ledger: record.ledger };
  if (newest) return { ...verifyContext(kept, newest.expected.bundle.id) };
  throw new SelError('not-found', {
    file,
    field: 'your record of this bundle',
    found: `bundle ${id}`,
    expected: 'a bundle made here',
  });
};

export class VerdictDesk {
  readonly #project: OpenProject;

  constructor(project: OpenProject) {
    this.#project = project;
  }

  /** Judges the report of the guest that was started last. @throws missing-value */
  judgeSimulated(): ProjectView {
    return this.#judge(t('report of the simulated guest'), needReport(this.#project.state));
  }

  /** @throws everything of readReport and verifyReport; not-found */
  judgeFile(f: ChosenFile): ProjectView {
    return this.#judge(f.name, f.bytes);
  }

  #judge(file: string, report: Bytes): ProjectView {
    const { state, env } = this.#project;
    const { kept } = state;
    const { bundle } = inFile(file, () => readReport(report)).body;
    const own = bundleOf(kept, bundle.id);
    const record = own ? undefined : findRecordById(bundle.id);
    try {
      const context = own ? verifyContext(kept, bundle.id) : recordContext(file, bundle.id, record, kept);
      const verdict = inFile(file, () => verifyReport({ ...context, report, now: env.now() }));
      const sighting = sightingOf(verdict);
      if (record && sighting && verdict.grade !== 'failed') remember(record, sighting);
      state.verdict = { file, verdict, ownRecord: own !== undefined || record !== undefined };
      return own ? this.#project.note(reportJudged(kept, verdict, env)) : this.#project.view();
    } finally {
      wipe(record?.attestationKey, record?.reportKey);
    }
  }

  /** Writes the verdict as PDF, HTML, text and JSON into a new directory. @throws missing-value, io-* */
  async save(path: string): Promise<{ path: string; files: string[] }> {
    const { state, home } = this.#project;
    const { verdict } = state.verdict ?? fail('missing-value', 'verdict', 'none', 'a verdict');
    const files = [
      { path: 'verdict.pdf', bytes: await verdictPdf(verdict, PROGRAM) },
      { path: 'verdict.html', bytes: verdictHtml(verdict, PROGRAM) },
      { path: 'verdict.txt', bytes: utf8(verdictAsText(verdict)) },
      { path: 'verdict.json', bytes: utf8(readableJson(verdict)) },
    ];
    writeTree(placeFor(home, path, 'place of the verdict'), files, 'verdict');
    return { path, files: files.map((f) => f.path) };
  }
}
