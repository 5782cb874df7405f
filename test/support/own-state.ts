/** What clients in the process of a test file write down stays among the files of the run, apart from other files'. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

process.env['LEASEHOLD_STATE_DIR'] = mkdtempSync(join(inject('scratchFolder'), 'state-'));
