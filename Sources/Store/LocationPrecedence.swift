internal import Base

/// Decides for whom a location is read that several sources have, such as two that discover the same repository: for the one
/// that is configured first. The others are remembered, and one of them takes its place when it has the location no more.
struct LocationPrecedence {
    /// The ids of the configured sources, the first first. Empty: who wrote last holds a location.
    let order: [Int]
    let session: PostgresSession
    /// Sources that have a location which another one holds, and those that do not or hold it themselves.
    private var claims: [(location: String, source: Int)] = []
    private var releases: [(location: String, source: Int)] = []

    init(order: [Int], session: PostgresSession) {
        self.order = order
        self.session = session
    }

    private func rank(_ source: Int) -> Int? { order.firstIndex(of: source) }

    /// The contents that count, one of each location.
    mutating func winners(of contents: [LocationContent]) throws -> [LocationContent] {
        guard !order.isEmpty else { return contents }
        let rows = try session.run(
            "SELECT location, source_id FROM catalog_location WHERE location = ANY($1::text[])",
            [.texts(contents.map(\.location))]
        ).map { (try $0.required(0), Int($0.int(1) ?? 0)) }
        let holders = Dictionary(uniqueKeysWithValues: rows)
        var winners: [LocationContent] = []
        for (location, group) in Dictionary(grouping: contents, by: \.location) {
            if let winner = winner(of: group, location, holder: holders[location]) { winners.append(winner) }
        }
        return winners.sorted { $0.location < $1.location }
    }

    private mutating func winner(of group: [LocationContent], _ location: String, holder: Int?) -> LocationContent? {
        func precedes(_ one: LocationContent, _ other: LocationContent) -> Bool {
            (one.isGone ? 1 : 0, rank(one.sourceID) ?? .max) < (other.isGone ? 1 : 0, rank(other.sourceID) ?? .max)
        }
        // What Location entities lead to gives way to every source, elsewhere.
        guard let first = group.min(by: precedes), !first.isFollowed else { return group.first }
        for other in group where other.sourceID != first.sourceID { note(other, at: location) }
        guard let holder, holder != first.sourceID else { return first }
        let isHeld = rank(holder).map { $0 < rank(first.sourceID) ?? .max } ?? false
        let isReleased = group.contains { $0.sourceID == holder && $0.isGone }
        guard !first.isGone else {
            // The holder's own word counts.
            releases.append((location, first.sourceID))
            return group.first { $0.sourceID == holder }
        }
        if isHeld, !isReleased {
            claims.append((location, first.sourceID))
            return nil
        }
        releases.append((location, first.sourceID))
        if rank(holder) != nil, !isReleased { claims.append((location, holder)) }
        return first
    }

    private mutating func note(_ content: LocationContent, at location: String) {
        if content.isGone {
            releases.append((location, content.sourceID))
        } else {
            claims.append((location, content.sourceID))
        }
    }

    /// Sources that may take the place of those that have these locations no more.
    func heirs(of contents: [LocationContent]) throws -> [String: Int] {
        let gone = contents.filter(\.isGone).map(\.location)
        guard !order.isEmpty, !gone.isEmpty else { return [:] }
        let rows = try session.run(
            """
            SELECT DISTINCT ON (location) location, source_id
            FROM location_claim JOIN unnest($2::bigint[]) WITH ORDINALITY AS o (source, rank) ON o.source = source_id
            WHERE location = ANY($1::text[]) ORDER BY location, rank
            """, [.texts(gone), .ints(order.map(Int64.init))]
        ).map { (try $0.required(0), Int($0.int(1) ?? 0)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// Writes who has what another one holds.
    func write() throws {
        func json(_ pairs: [(location: String, source: Int)]) -> SQLValue {
            .json(.array(pairs.map { ["location": .string($0.location), "source_id": .int(Int64($0.source))] }))
        }
        if !releases.isEmpty {
            try session.run(
                """
                DELETE FROM location_claim c USING jsonb_to_recordset($1::jsonb) AS r(location text, source_id int)
                WHERE c.location = r.location AND c.source_id = r.source_id
                """, [json(releases)])
        }
        guard !claims.isEmpty else { return }
        try session.run(
            """
            INSERT INTO location_claim (location, source_id)
            SELECT r.location, r.source_id FROM jsonb_to_recordset($1::jsonb) AS r(location text, source_id int)
            JOIN catalog_location l ON l.location = r.location AND l.source_id <> r.source_id
            JOIN catalog_source s ON s.id = r.source_id ON CONFLICT DO NOTHING
            """, [json(claims)])
    }
}
