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
        guard let first = group.min(by: precedes) else { return nil }
        // What Location entities lead to gives way to every source, elsewhere.
        if first.isFollowed { return first }
        for other in group where other.sourceID != first.sourceID { note(other, at: location) }
        guard let holder, holder != first.sourceID else { return first }
        let isHeld = rank(holder).map { $0 < rank(first.sourceID) ?? .max } ?? false
        let isReleased = group.contains { $0.sourceID == holder && $0.isGone }
        guard !first.isGone else {
            // The holder's own word counts.
            releases.append((location, first.sourceID))
            return group.first { $0.sourceID == holder }
        }
        // Who cannot read it takes it from nobody who could.
        let isWorse = first.isUnreadable && rank(holder) != nil
        if isHeld || isWorse, !isReleased {
            claims.append((location, first.sourceID))
            return group.first { $0.sourceID == holder }
        }
        releases.append((location, first.sourceID))
        if rank(holder) != nil, !isReleased { claims.append((location, holder)) }
        return first
    }

    /// What was read comes before what could not be, and that before what is gone; then the order of the sources counts.
    private func precedes(_ one: LocationContent, _ other: LocationContent) -> Bool {
        func place(_ content: LocationContent) -> (Int, Int) {
            (content.isGone ? 2 : content.isUnreadable ? 1 : 0, rank(content.sourceID) ?? .max)
        }
        return place(one) < place(other)
    }

    private mutating func note(_ content: LocationContent, at location: String) {
        if content.isGone {
            releases.append((location, content.sourceID))
        } else {
            claims.append((location, content.sourceID))
        }
    }

    /// Gives locations that their holder has no more to other sources that have them, so that nothing goes before the heir
    /// was read. What the heir finds then counts.
    ///
    /// - Returns: the heirs; what is said of these locations is not to be applied.
    mutating func handOver(_ contents: [LocationContent]) throws -> [String: Int] {
        let heirs = try heirs(of: contents)
        for (location, source) in heirs.sorted(by: { $0.key < $1.key }) {
            try session.run(
                "UPDATE catalog_location SET source_id = $2::int WHERE location = $1",
                [.text(location), .int(Int64(source))])
            releases.append((location, source))
        }
        return heirs
    }

    private func heirs(of contents: [LocationContent]) throws -> [String: Int] {
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
