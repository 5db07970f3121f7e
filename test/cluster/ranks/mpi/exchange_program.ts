/** What one rank of a test runs: prints what it has after made exchanges, as one line of JSON. */
import { joinByMpi } from "../../../../src/cluster/ranks/join_ranks.ts";
import { describeCause } from "../../../../src/core/errors/errors.ts";
import { playExchanges } from "../exchange_scenario.ts";

try {
  const { exchange } = (await joinByMpi()) ?? {};
  const seen = exchange ? await playExchanges(exchange, Number(process.argv[2])) : "alone";
  await exchange?.close();
  console.log(JSON.stringify(seen));
} catch (error) {
  console.log(JSON.stringify(describeCause(error)));
}
