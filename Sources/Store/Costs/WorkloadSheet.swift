/// What workloads cost, column by column: a row for each workload and who paid, which has a place in every column. So tens of
/// thousands of them are added, taken away and read from the database as a few blocks of bytes.
struct WorkloadSheet: Equatable, Sendable {
    /// Workload and attribution.
    struct Key: Hashable, Comparable, Sendable {
        let workload: Int32
        let attribution: Int32

        static func < (left: Self, right: Self) -> Bool {
            (left.workload, left.attribution) < (right.workload, right.attribution)
        }
    }

    /// What there are sums of: see `CostColumns.summed`; then pods times seconds, and the days on which something, and
    /// something of the use, is recorded.
    static let allColumns = CostColumns.summed + ["pod_seconds", "days", "used_days"]

    /// The names of its columns.
    let names: [String]
    /// Ascending, each once.
    private(set) var keys: [Key]
    /// Each as long as the keys.
    private(set) var columns: [[Int128]]

    /// Without rows.
    init(_ names: [String] = allColumns) {
        self.names = names
        keys = []
        columns = names.map { _ in [] }
    }

    /// - Parameter columns: each as long as the keys.
    init(_ names: [String], keys: [Key], columns: [[Int128]]) {
        self.names = names
        self.keys = keys
        self.columns = columns
    }

    subscript(name: String) -> [Int128] { names.firstIndex(of: name).map { columns[$0] } ?? [] }

    /// Adds each row of another sheet with the same columns, so many times.
    mutating func add(_ other: WorkloadSheet, times factor: Int128 = 1) {
        if keys == other.keys {
            for (place, added) in other.columns.enumerated() {
                columns[place].withUnsafeMutableBufferPointer { sums in
                    for (row, value) in added.enumerated() { sums[row] += factor * value }
                }
            }
            return
        }
        let places = Self.merged(keys, other.keys)
        columns = zip(columns, other.columns).map { mine, added in
            places.map { place in (place.left.map { mine[$0] } ?? 0) + (place.right.map { factor * added[$0] } ?? 0) }
        }
        keys = places.compactMap { place in place.left.map { keys[$0] } ?? place.right.map { other.keys[$0] } }
    }

    private static func merged(_ left: [Key], _ right: [Key]) -> [(left: Int?, right: Int?)] {
        var places: [(left: Int?, right: Int?)] = []
        places.reserveCapacity(max(left.count, right.count))
        var (here, there) = (0, 0)
        while here < left.count || there < right.count {
            let isHere = here < left.count && (there == right.count || left[here] <= right[there])
            let isThere = there < right.count && (here == left.count || right[there] <= left[here])
            places.append((isHere ? here : nil, isThere ? there : nil))
            here += isHere ? 1 : 0
            there += isThere ? 1 : 0
        }
        return places
    }

    /// Drops the rows of other attributions.
    mutating func keep(attributions: Set<Int32>) {
        keep(keys.indices.filter { attributions.contains(keys[$0].attribution) })
    }

    /// Drops the rows with nothing recorded.
    mutating func keepRecorded() {
        let days = self["days"]
        keep(days.indices.filter { days[$0] > 0 })
    }

    private mutating func keep(_ rows: [Int]) {
        guard rows.count < keys.count else { return }
        columns = columns.map { column in rows.map { column[$0] } }
        keys = rows.map { keys[$0] }
    }

    /// A column's rows added up, bounded.
    func sum(_ column: Int, _ rows: Range<Int>) -> Int64 { Self.bounded(wholeSum(column, rows)) }

    /// Those of several columns, bounded together.
    func sum(_ columns: Range<Int>, _ rows: Range<Int>) -> Int64 {
        Self.bounded(columns.reduce(0) { $0 + wholeSum($1, rows) })
    }

    private func wholeSum(_ column: Int, _ rows: Range<Int>) -> Int128 {
        rows.reduce(0) { $0 + columns[column][$1] }
    }

    /// As `boundedSum` has it.
    private static func bounded(_ sum: Int128) -> Int64 { Int64(clamping: min(sum, 9_000_000_000_000_000_000)) }

    /// The rows of each workload, in order.
    var workloads: [(id: Int32, rows: Range<Int>)] {
        var found: [(id: Int32, rows: Range<Int>)] = []
        var start = 0
        for row in keys.indices where row + 1 == keys.count || keys[row + 1].workload != keys[row].workload {
            found.append((keys[row].workload, start..<row + 1))
            start = row + 1
        }
        return found
    }
}

/// How columns are stored: numbers of one width, as few bytes as all of them fit in, the highest byte first.
extension WorkloadSheet {
    /// Nil for zeros alone.
    static func encoded(_ column: [Int128]) -> [UInt8]? {
        guard column.contains(where: { $0 != 0 }) else { return nil }
        let width = [1, 2, 4, 8].first { width in
            let bound = Int128(1) << (8 * width - 1)
            return column.allSatisfy { $0 >= -bound && $0 < bound }
        }
        return encoded(column, width: width ?? 16)
    }

    static func encoded(_ column: some Collection<Int128>, width: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(column.count * width)
        for value in column {
            for byte in (0..<width).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
        }
        return bytes
    }

    /// - Parameter count: how many there are.
    /// - Returns: nil for what is no column of so many.
    static func decoded(_ bytes: UnsafeRawBufferPointer, count: Int) -> [Int128]? {
        guard count > 0 else { return bytes.isEmpty ? [] : nil }
        let width = bytes.count / count
        guard [1, 2, 4, 8, 16].contains(width), width * count == bytes.count else { return nil }
        switch width {
        case 1: return (0..<count).map { Int128(bytes.load(fromByteOffset: $0, as: Int8.self)) }
        case 2: return numbers(bytes, count, Int16.self)
        case 4: return numbers(bytes, count, Int32.self)
        case 8: return numbers(bytes, count, Int64.self)
        default: return numbers(bytes, count, Int128.self)
        }
    }

    private static func numbers<Number: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, _ count: Int, _: Number.Type
    ) -> [Int128] {
        let width = Number.bitWidth / 8
        return (0..<count).map { place in
            Int128(Number(bigEndian: bytes.loadUnaligned(fromByteOffset: place * width, as: Number.self)))
        }
    }

    /// Reads a row of an answer in binary form: workloads, attributions, then the columns of these names.
    ///
    /// - Throws: `StoreError` for bytes that are no columns of one length.
    init(_ row: SQLRow, from first: Int32, _ names: [String]) throws(StoreError) {
        func column(_ place: Int32, _ count: Int) throws(StoreError) -> [Int128] {
            guard let read = row.withBytes(first + place, { Self.decoded($0, count: count) }) else {
                return Array(repeating: 0, count: count)
            }
            guard let read else { throw Self.spoiled }
            return read
        }
        let count = (row.withBytes(first, \.count) ?? 0) / 4
        let (workloads, attributions) = (try column(0, count), try column(1, count))
        self.names = names
        keys = zip(workloads, attributions).map { Key(workload: Int32($0), attribution: Int32($1)) }
        columns = []
        for place in names.indices { columns.append(try column(Int32(place) + 2, count)) }
    }

    private static let spoiled = StoreError(
        code: .unexpectedResult, detail: "a row of cost_workload_sheet has columns of different lengths")

    /// As it is stored: workloads, attributions, then the columns.
    var stored: [SQLValue] {
        [
            .bytes(Self.encoded(keys.map { Int128($0.workload) }, width: 4)),
            .bytes(Self.encoded(keys.map { Int128($0.attribution) }, width: 4)),
        ] + columns.map { .bytes(Self.encoded($0)) }
    }
}
