/// What workloads cost, column by column: a row for each workload and who paid, which has a place in every column. So tens of
/// thousands of them are added, taken away and read from the database as a few blocks of bytes.
struct WorkloadSheet: Sendable {
    /// Workload and attribution, compared in this order. Neither is negative.
    struct Key: Hashable, Comparable, Sendable {
        /// Both in one number, for there are many to compare.
        private let both: Int64

        var workload: Int32 { Int32(truncatingIfNeeded: both >> 32) }
        var attribution: Int32 { Int32(truncatingIfNeeded: both) }

        init(workload: Int32, attribution: Int32) {
            both = Int64(workload) << 32 | Int64(UInt32(bitPattern: attribution))
        }

        static func < (left: Self, right: Self) -> Bool { left.both < right.both }
    }

    /// What there are sums of: see `CostColumns.summed`; then pods times seconds, and the days on which something, and
    /// something of the use, is recorded.
    static let allColumns = CostColumns.summed + ["pod_seconds", "days", "used_days"]

    /// The names of its columns.
    let names: [String]
    /// Ascending, each once.
    private(set) var keys: [Key]
    /// Each as long as the keys, or empty: zeros alone, as most columns are of most clusters.
    private(set) var columns: [[Int128]]

    /// Without rows.
    init(_ names: [String] = allColumns) {
        self.names = names
        keys = []
        columns = names.map { _ in [] }
    }

    /// - Parameter columns: each as long as the keys, or empty.
    init(_ names: [String], keys: [Key], columns: [[Int128]]) {
        self.names = names
        self.keys = keys
        self.columns = columns
    }

    /// Adds each row of another sheet with the same columns, so many times.
    mutating func add(_ other: WorkloadSheet, times factor: Int128 = 1) {
        guard keys != other.keys else {
            let places = Array(keys.indices)
            for column in columns.indices where !other.columns[column].isEmpty {
                if columns[column].isEmpty { columns[column] = Array(repeating: 0, count: keys.count) }
                Self.add(other.columns[column], times: factor, to: &columns[column], places)
            }
            return
        }
        let (merged, mine, others) = Self.merged(keys, other.keys)
        for column in columns.indices where !(columns[column].isEmpty && other.columns[column].isEmpty) {
            var sums = [Int128](repeating: 0, count: merged.count)
            Self.add(columns[column], times: 1, to: &sums, mine)
            Self.add(other.columns[column], times: factor, to: &sums, others)
            columns[column] = sums
        }
        keys = merged
    }

    /// - Parameter places: where each of the values belongs.
    private static func add(_ values: [Int128], times factor: Int128, to sums: inout [Int128], _ places: [Int]) {
        sums.withUnsafeMutableBufferPointer { sums in
            if factor == 1 {
                for row in values.indices { sums[places[row]] += values[row] }
            } else {
                for row in values.indices { sums[places[row]] += factor * values[row] }
            }
        }
    }

    /// The keys of two sheets, and where those of either are among them.
    private static func merged(_ left: [Key], _ right: [Key]) -> (keys: [Key], left: [Int], right: [Int]) {
        var (keys, lefts, rights): ([Key], [Int], [Int]) = ([], [], [])
        keys.reserveCapacity(left.count + right.count)
        lefts.reserveCapacity(left.count)
        rights.reserveCapacity(right.count)
        while lefts.count < left.count || rights.count < right.count {
            let (here, there) = (lefts.count, rights.count)
            let isHere = here < left.count && (there == right.count || left[here] <= right[there])
            let isThere = there < right.count && (here == left.count || right[there] <= left[here])
            if isHere { lefts.append(keys.count) }
            if isThere { rights.append(keys.count) }
            keys.append(isHere ? left[here] : right[there])
        }
        return (keys, lefts, rights)
    }

    /// Drops the rows of other attributions.
    mutating func keep(attributions: Set<Int32>) {
        keep(keys.indices.filter { attributions.contains(keys[$0].attribution) })
    }

    /// Drops the rows with nothing recorded.
    mutating func keepRecorded() {
        let days = names.firstIndex(of: "days").map { columns[$0] } ?? []
        keep(days.indices.filter { days[$0] > 0 })
    }

    private mutating func keep(_ rows: [Int]) {
        guard rows.count < keys.count else { return }
        columns = columns.map { column in column.isEmpty ? [] : rows.map { column[$0] } }
        keys = rows.map { keys[$0] }
    }

    /// A column's rows added up, bounded.
    func sum(_ column: Int, _ rows: Range<Int>) -> Int64 { Self.bounded(wholeSum(column, rows)) }

    /// Those of several columns, bounded together.
    func sum(_ columns: Range<Int>, _ rows: Range<Int>) -> Int64 {
        Self.bounded(columns.reduce(0) { $0 + wholeSum($1, rows) })
    }

    private func wholeSum(_ column: Int, _ rows: Range<Int>) -> Int128 {
        columns[column].isEmpty ? 0 : rows.reduce(0) { $0 + columns[column][$1] }
    }

    /// As `boundedSum` has it.
    static func bounded(_ sum: Int128) -> Int64 { Int64(clamping: min(sum, 9_000_000_000_000_000_000)) }

    /// The rows of each workload, in order.
    var workloads: [(id: Int32, rows: Range<Int>)] {
        var found: [(id: Int32, rows: Range<Int>)] = []
        found.reserveCapacity(keys.count)
        var start = 0
        for row in keys.indices where row + 1 == keys.count || keys[row + 1].workload != keys[row].workload {
            found.append((keys[row].workload, start..<row + 1))
            start = row + 1
        }
        return found
    }

    /// Those of two sheets, side by side.
    static func paired(
        _ left: WorkloadSheet, _ right: WorkloadSheet
    ) -> [(id: Int32, left: Range<Int>?, right: Range<Int>?)] {
        let (lefts, rights) = (left.workloads, right.workloads)
        var pairs: [(id: Int32, left: Range<Int>?, right: Range<Int>?)] = []
        pairs.reserveCapacity(max(lefts.count, rights.count))
        var (here, there) = (0, 0)
        while here < lefts.count || there < rights.count {
            let id = min(here < lefts.count ? lefts[here].id : .max, there < rights.count ? rights[there].id : .max)
            let isHere = here < lefts.count && lefts[here].id == id
            let isThere = there < rights.count && rights[there].id == id
            pairs.append((id, isHere ? lefts[here].rows : nil, isThere ? rights[there].rows : nil))
            here += isHere ? 1 : 0
            there += isThere ? 1 : 0
        }
        return pairs
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
            guard let read = row.withBytes(first + place, { Self.decoded($0, count: count) }) else { return [] }
            guard let read else { throw Self.spoiled }
            return read
        }
        let count = (row.withBytes(first, \.count) ?? 0) / 4
        let (workloads, attributions) = (try column(0, count), try column(1, count))
        guard workloads.count == attributions.count else { throw Self.spoiled }
        self.names = names
        keys = try zip(workloads, attributions).map { pair throws(StoreError) in
            guard let workload = Int32(exactly: pair.0), let attribution = Int32(exactly: pair.1) else {
                throw Self.spoiled
            }
            return Key(workload: workload, attribution: attribution)
        }
        columns = []
        for place in names.indices { columns.append(try column(Int32(place) + 2, count)) }
    }

    private static let spoiled = StoreError(
        code: .unexpectedResult, detail: "a sheet of costs has columns of different lengths")

    /// As it is stored: workloads, attributions, then the columns.
    var stored: [SQLValue] {
        [
            .bytes(Self.encoded(keys.map { Int128($0.workload) }, width: 4)),
            .bytes(Self.encoded(keys.map { Int128($0.attribution) }, width: 4)),
        ] + columns.map { .bytes(Self.encoded($0)) }
    }
}
