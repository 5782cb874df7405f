import { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, expect, test } from 'vitest';
import { prepareNamespace } from '../../platform/temporal-setup.ts';
import { searchAttributes } from '../../workflows/contract.ts';
import { temporalAddress } from '../support/temporal.ts';

const { INDEXED_VALUE_TYPE_INT: int, INDEXED_VALUE_TYPE_KEYWORD: keyword } =
  temporal.api.enums.v1.IndexedValueType;
const namespace = `prepared-${crypto.randomUUID()}`;
const config = { TEMPORAL_ADDRESS: temporalAddress(), TEMPORAL_NAMESPACE: namespace };
const connection = await Connection.connect({ address: temporalAddress() });
afterAll(() => connection.close());

test('an empty Temporal gets the namespace and the search attributes, however many ask', async () => {
  const outcomes = await Promise.all([
    prepareNamespace(config, { searchAttributes }),
    prepareNamespace(config, { searchAttributes }),
  ]);
  expect(outcomes.filter(({ isNamespaceNew }) => isNamespaceNew)).toHaveLength(1);

  const described = await connection.workflowService.describeNamespace({ namespace });
  expect(Number(described.config?.workflowExecutionRetentionTtl?.seconds)).toBe(7 * 86_400);
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  for (const name of searchAttributes) expect(customAttributes[name], name).toBe(keyword);

  expect(await prepareNamespace(config, { searchAttributes })).toEqual({
    isNamespaceNew: false,
    added: [],
  });
});

test('an attribute that exists under another type is refused by name', async () => {
  const existing = { namespace, searchAttributes: { SeatCount: int } };
  await connection.operatorService.addSearchAttributes(existing);
  const needs = { searchAttributes: [...searchAttributes, 'SeatCount'] };
  await expect(prepareNamespace(config, needs)).rejects.toThrow('not as Keyword: SeatCount');
});
