internal import Base

extension CatalogApplication {
    /// How many conflicts and how many other problems locations have.
    typealias Faults = [String: [Int64]]

    func faults(of contents: [LocationContent]) throws -> Faults {
        let rows = try session.run(
            """
            SELECT l.location, count(*) FILTER (WHERE p.code = 'conflict'),
                count(*) FILTER (WHERE p.code <> 'conflict') + (l.error IS NOT NULL)::int
            FROM catalog_location l LEFT JOIN catalog_problem p USING (location)
            WHERE l.location = ANY($1::text[]) GROUP BY l.location
            """, [.texts(contents.map(\.location))]
        ).map { (try $0.required(0), [$0.int(1) ?? 0, $0.int(2) ?? 0]) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// What the batch came to, by the id of the source.
    ///
    /// - Parameter before: the faults that were there before it.
    func tallies(of contents: [LocationContent], before: Faults) throws -> [Int: SourceTally] {
        let after = try faults(of: contents)
        var tallies: [Int: SourceTally] = [:]
        for content in contents {
            var tally = SourceTally()
            let faults = after[content.location] ?? [0, 0]
            (tally.locations, tally.conflicts, tally.problems) = (1, Int(faults[0]), Int(faults[1]))
            tally.hasOtherProblems = faults != before[content.location] ?? [0, 0]
            tallies[content.sourceID, default: SourceTally()] += tally
        }
        for write in writes.values {
            tallies[write.content.sourceID]?.added += write.isNew ? 1 : 0
            tallies[write.content.sourceID]?.changed += write.isNew ? 0 : 1
        }
        for ref in removed.union(orphaned) {
            if let source = losers[ref] { tallies[source]?.removed += 1 }
        }
        return tallies
    }
}
