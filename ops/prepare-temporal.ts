/**
 * `npm run prepare-temporal`: makes TEMPORAL_NAMESPACE and the search attributes of the workflows exist
 * in the Temporal at TEMPORAL_ADDRESS. Safe to run again. The dev server of `npm start` needs it not.
 */
import { loadConfig } from '../platform/config.ts';
import { prepareNamespace } from '../platform/temporal-setup.ts';
import { searchAttributes } from '../workflows/contract.ts';

const config = loadConfig();
const { isNamespaceNew, added } = await prepareNamespace(config, { searchAttributes });
if (isNamespaceNew) console.log(`Made the namespace ${config.TEMPORAL_NAMESPACE}.`);
if (added.length > 0) console.log(`Added search attributes: ${added.join(', ')}.`);
if (!isNamespaceNew && added.length === 0) console.log('Temporal is up to date.');
