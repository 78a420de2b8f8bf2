internal import Base
package import Costs

/// What a node costs now, as the price book has it.
package struct StoredNodePrice: Sendable, Hashable {
    /// `metadata.name` of the node.
    package let node: String
    package let price: NodePrice
    package let capacity: RequestedCapacity
    /// Nil when the node does not say.
    package let instanceType: String?
    /// Nil when the node does not say.
    package let region: String?

    package init(node: String, price: NodePrice, capacity: RequestedCapacity, instanceType: String?, region: String?) {
        self.node = node
        self.price = price
        self.capacity = capacity
        self.instanceType = instanceType
        self.region = region
    }
}

extension CostStore {
    /// Brings the price book of a cluster in line with its nodes. Rows that say the same already are left alone, and keep
    /// the moment since when they hold; nodes that are not among these are taken out.
    ///
    /// - Throws: `StoreError`; then nothing was written.
    package func write(prices: [StoredNodePrice], cluster: String) async throws {
        let rows = SQLValue.json(.array(prices.map(Self.row)))
        try await leader.run { session in
            try session.run(Self.upsertPrices, [rows, .text(cluster)])
            try session.run(Self.deletePrices, [rows, .text(cluster)])
        }
    }

    private static func row(_ stored: StoredNodePrice) -> JSONValue {
        let (hourly, capacity) = (stored.price.hourly, stored.capacity)
        return [
            "node": .string(stored.node), "cpu_hourly_cost": .int(hourly.cpu.nanoDollars),
            "memory_hourly_cost": .int(hourly.memory.nanoDollars), "gpu_hourly_cost": .int(hourly.gpu.nanoDollars),
            "price_quality": .string(stored.price.quality.rawValue), "is_spot": .bool(stored.price.isSpot),
            "instance_type": stored.instanceType.map { .string($0) } ?? .null,
            "region": stored.region.map { .string($0) } ?? .null, "cpu_millicores": .int(capacity.cpuMillicores),
            "memory_bytes": .int(capacity.memoryBytes), "gpus": .int(capacity.gpus),
        ]
    }

    private static let priced =
        """
        cpu_hourly_cost, memory_hourly_cost, gpu_hourly_cost, price_quality, is_spot, instance_type, region, \
        cpu_millicores, memory_bytes, gpus
        """

    private static func prefixed(_ name: String) -> String {
        priced.split(separator: ", ").map { "\(name).\($0)" }.joined(separator: ", ")
    }

    private static let upsertPrices =
        """
        INSERT INTO price_book AS old (cluster, node, \(priced))
        SELECT $2, node, \(priced) FROM jsonb_to_recordset($1::jsonb) AS r(
            node text, cpu_hourly_cost bigint, memory_hourly_cost bigint, gpu_hourly_cost bigint, price_quality text,
            is_spot boolean, instance_type text, region text, cpu_millicores bigint, memory_bytes bigint, gpus bigint)
        ON CONFLICT (cluster, node) DO UPDATE SET (\(priced), since) = ROW (\(prefixed("excluded")), now())
        WHERE (\(prefixed("old"))) IS DISTINCT FROM (\(prefixed("excluded")))
        """

    private static let deletePrices =
        """
        DELETE FROM price_book p WHERE cluster = $2 AND NOT EXISTS (
            SELECT FROM jsonb_to_recordset($1::jsonb) AS r(node text) WHERE r.node = p.node)
        """
}
