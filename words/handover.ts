/** HANDOVER.txt: for the operator who gets the bundle. Three commands, no jargon. */
import type { Expected } from '../core/bundle/expected.ts';
import type { BundleId } from '../core/bundle/manifest.ts';

export const handoverText = (
  bundle: BundleId,
  expected: Expected,
): string => `Hand-over of ${bundle.name}, number ${bundle.serial}
Made ${bundle.created}, id ${bundle.id}

What this is
  Files that make a shared image into one particular guest when it starts. They hold no secret that you,
  the machine's administrator or anybody on the way could read.

What to do
  1. Check that nothing was lost on the way (on any Linux machine, in this directory):
       pvebc --dry-run --toc ./sics/toc.asr
  2. Copy everything in sics/ to the directory /boot/sics of the guest's partition labelled boot, as it is:
       cp -r sics/. /mnt/boot/sics/
  3. Start the guest from the image with the header tag ${expected.image.tag}:
       virsh start ${bundle.name}

  Do not rename, convert or add files. The guest powers off when one of them is missing or changed;
  its console then says at which one.

What comes back
  After the start the guest writes a retrieval report. Send that file to whoever gave you this directory.
`;
