/** HANDOVER.txt: for the operator who gets the bundle. Three commands, no jargon, and nothing that is not so. */
import type { Expected } from '../core/bundle/expected.ts';
import type { BundleId } from '../core/bundle/manifest.ts';
import { REPORT_PATH } from '../core/bundle/names.ts';

/** What the operator can expect back. Without a manifest nothing in the guest knows that a report is wanted. */
const afterwards = (expected: Expected): string =>
  expected.manifest_sha256 === undefined
    ? 'Nothing: this set of files asks for no report.'
    : `If the image has the guest kit of Selwright, the guest writes a retrieval report to
  ${REPORT_PATH} once it is up. Send that file to whoever gave you this directory.`;

export const handoverText = (
  bundle: BundleId,
  expected: Expected,
): string => `Hand-over of ${bundle.name}, number ${bundle.serial}
Made ${bundle.created}, id ${bundle.id}

What this is
  Files that make a shared image into one particular guest when it starts. The secrets in them are encrypted for
  ${expected.host_keys.length === 1 ? 'one machine' : `${expected.host_keys.length} machines`}: neither you nor anybody on the way can read them. Their names can be read.

What to do
  1. Check that all files are there and belong together (on any Linux machine with s390-tools 2.42 or later, in this directory):
       pvebc --dry-run --toc ./sics/toc.asr
  2. Copy everything in sics/ as it is to the directory /boot/sics of the guest's partition labelled boot. It must be empty before:
       cp -r sics/. /mnt/boot/sics/
  3. Start the guest from the image with the header tag ${expected.image.tag}:
       virsh start ${bundle.name}

  Do not rename, convert or change files. When one ending in .asr or .pol is missing or changed, the guest powers off while it
  starts, and its console says at which one.

What comes back
  ${afterwards(expected)}
`;
