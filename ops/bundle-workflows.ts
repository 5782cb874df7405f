/**
 * `npm run bundle`: builds the workflows into the one script that workers load, where they look for it.
 * A worker that finds none builds it itself at its start, which takes seconds.
 */
import { bundleFolder, cachedBundle } from '../workers/bundle.ts';

console.log(`Workflows are in ${await cachedBundle(bundleFolder)}`);
