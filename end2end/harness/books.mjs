// What PostgreSQL holds: the truth the pages are measured by.

import assert from "node:assert/strict";
import { chainFaults } from "./chain.mjs";
import { until } from "./until.mjs";

export class Books {
  constructor(database) {
    this.database = database;
    /** Numbers in a till's journal that a test keeps from arriving. */
    this.absent = new Set();
  }

  /** The sales of one device, or of all, in the order the device made them. */
  async sales(deviceName = null) {
    return this.database.rows(
      `select d.name as device, e.device_seq, s.client_id, s.receipt_number, s.total_minor, s.sync_status,
              s.conflict_reasons, s.notices, s.resolution, s.stock_moved
       from sales s join events e using (tenant_id, client_id, copy)
       left join devices d on d.tenant_id = s.tenant_id and d.device_id = s.device_id
       where $1::text is null or d.name = $1
       order by d.number, e.device_seq`,
      [deviceName],
    );
  }

  async untilThereAre(count, deviceName = null, timeoutMs = 60_000) {
    return until(
      async () => `${count} sales are in PostgreSQL; there are ${(await this.sales(deviceName)).length}`,
      async () => {
        const sales = await this.sales(deviceName);
        return sales.length >= count && sales;
      },
      timeoutMs,
    );
  }

  /** How many of a product there are, by the sum of its movements. */
  async onHand(productName) {
    return this.database.value(
      `select coalesce(sum(m.delta_milli), 0)::bigint / 1000.0::float8
       from products p left join stock_movements m using (tenant_id, product_id) where p.name = $1`,
      [productName],
    );
  }

  async product(name) {
    const [row] = await this.database.rows("select * from products where name = $1", [name]);
    return row;
  }

  /** Everything that must hold whatever a test did; asserted at the end of each. */
  async assertInOrder() {
    await this.#assertNothing(
      "a sale with more than one copy, though no device sent two contents",
      "select client_id from events where copy > 0",
    );
    await this.#assertNothing(
      "an event that is a sale and has no row in sales",
      "select client_id from events where type = 'sale' except select client_id from sales",
    );
    await this.#assertNothing(
      "a level that is not the sum of its movements",
      `select product_id, on_hand_milli, coalesce(moved, 0) as moved from stock_levels
       left join (select tenant_id, store_id, product_id, sum(delta_milli) as moved from stock_movements group by 1, 2, 3) m
       using (tenant_id, store_id, product_id) where on_hand_milli <> coalesce(moved, 0)`,
    );
    await this.#assertNothing(
      "a sale whose lines do not add up to its total",
      `select receipt_number, total_minor, lines from sales
       join (select client_id, copy, sum(total_minor) as lines from sale_items group by 1, 2) i using (client_id, copy)
       where total_minor <> lines`,
    );
    await this.#assertNothing(
      "a sale whose tenders do not add up to its total",
      `select receipt_number, total_minor, paid from sales
       join (select client_id, copy, sum(amount_minor - change_minor) as paid from sale_tenders group by 1, 2) t
       using (client_id, copy) where total_minor <> paid`,
    );
    await this.#assertNothing(
      "a receipt number that was given twice",
      "select receipt_number from sales group by 1 having count(*) > 1",
    );
    await this.#assertNothing(
      "a sale that moved stock more than once",
      `select client_id, product_id from stock_movements where client_id is not null and reason = 'sale'
       group by 1, 2 having count(*) > (select count(*) from sale_items i
         where i.client_id = stock_movements.client_id and i.product_id = stock_movements.product_id)`,
    );
    for (const { device_id } of await this.database.rows("select distinct device_id from events where device_seq is not null")) {
      const events = await this.database.rows(
        "select body, device_seq, prev_hash, hash from events where device_id = $1 and copy = 0 order by device_seq",
        [device_id],
      );
      for (const { body, device_seq, prev_hash, hash } of events) {
        assert.deepEqual({ device_seq, prev_hash, hash }, { device_seq: body.deviceSeq, prev_hash: body.prevHash, hash: body.hash });
      }
      assert.deepEqual(chainFaults(events.map(({ body }) => body), this.absent), [], `the chain of device ${device_id}`);
    }
  }

  async #assertNothing(what, sql) {
    const rows = await this.database.rows(sql);
    assert.equal(rows.length, 0, `the books show ${what}: ${JSON.stringify(rows)}`);
  }
}
