internal import Base
internal import Catalog

extension CatalogApplication {
    /// Writes what the written Location entities point to.
    func writeTargets() throws {
        let holders = writes.filter { $0.key.hasPrefix("location:") }
        guard !holders.isEmpty else { return }
        let rows = holders.flatMap { ref, write in
            write.targets.targets.enumerated().map { ordinal, target -> JSONValue in
                [
                    "entity_ref": .string(ref), "target": .string(target), "ordinal": .int(Int64(ordinal)),
                    "optional": .bool(write.targets.isOptional),
                ]
            }
        }
        try session.run("DELETE FROM location_target WHERE entity_ref = ANY($1::text[])", [.texts(holders.keys)])
        try session.run(
            """
            INSERT INTO location_target (entity_ref, target, ordinal, optional)
            SELECT entity_ref, target, ordinal, optional
            FROM jsonb_to_recordset($1::jsonb) AS r(entity_ref text, target text, ordinal int, optional boolean)
            """, [.json(.array(rows))])
    }

    /// The entities about which the locations have said something before, or on whose status it depends how they stand: those
    /// that they define too, and Location entities that point to them.
    func refsWithRemarks(about contents: [LocationContent]) throws -> Set<String> {
        let rows = try session.run(
            """
            SELECT entity_ref FROM catalog_problem WHERE code = 'conflict' AND location = ANY($1::text[])
            UNION SELECT entity_ref FROM location_target WHERE target = ANY($1::text[])
            """, [.texts(contents.map(\.location))])
        return Set(try rows.map { try $0.required(0) })
    }
}

extension CatalogStitcher {
    /// Most remarks of one kind on one entity.
    private static let maximumRemarks = 20

    /// What other locations make remarkable about these entities; that one gave way as it should is not.
    func remarks(on refs: Set<String>) throws -> [String: [StatusItem]] {
        var remarks: [String: [StatusItem]] = [:]
        let conflicts = try session.run(
            """
            SELECT p.entity_ref, p.location FROM catalog_problem p
            JOIN catalog_location l USING (location) JOIN catalog_source s ON s.id = l.source_id
            LEFT JOIN entity e ON e.ref = p.entity_ref LEFT JOIN catalog_location h ON h.location = e.location
            LEFT JOIN catalog_source w ON w.id = h.source_id
            WHERE p.code = 'conflict' AND p.entity_ref = ANY($1::text[]) AND NOT (s.yields AND w.yields IS NOT TRUE)
            ORDER BY 1, 2
            """, [.texts(refs)]
        ).map { (try $0.required(0), try $0.required(1)) }
        for (ref, location) in conflicts where remarks[ref, default: []].count < Self.maximumRemarks {
            let message = "\(ref) is defined at \(location) too, and that definition is not used; remove one of them"
            remarks[ref, default: []].append(StatusItem(level: .warning, message: message))
        }
        let holders = refs.filter { $0.hasPrefix("location:") }
        guard !holders.isEmpty else { return remarks }
        for (ref, target, error) in try targetErrors(of: holders)
        where remarks[ref, default: []].count < 2 * Self.maximumRemarks {
            remarks[ref, default: []].append(.target("\(target): \(error)"))
        }
        return remarks
    }

    private func targetErrors(of refs: Set<String>) throws -> [(String, String, String)] {
        try session.run(
            """
            SELECT t.entity_ref, t.target, l.error FROM location_target t
            JOIN catalog_location l ON l.location = t.target
            WHERE l.error IS NOT NULL AND t.entity_ref = ANY($1::text[])
            UNION ALL
            SELECT t.entity_ref, t.target, p.message FROM location_target t
            JOIN catalog_problem p ON p.location = t.target
            WHERE p.code = 'not_allowed' AND t.entity_ref = ANY($1::text[])
            ORDER BY 1, 2, 3
            """, [.texts(refs)]
        ).map { (try $0.required(0), try $0.required(1), try $0.required(2)) }
    }
}

extension StatusItem {
    /// What is wrong with a target of a Location entity.
    static func target(_ message: String) -> StatusItem {
        StatusItem(level: .error, message: "InputError: \(message)", errorName: "InputError")
    }
}
