internal import Base

/// What sheets say, added up by who paid.
struct AttributedSums {
    /// Of its columns, as the sheets have them.
    let names: [String]
    private(set) var ids: [Int32] = []
    private(set) var columns: [[Int128]]
    /// As many as in the part of a window where they were most.
    private(set) var workloads: [Int64] = []
    private var places: [Int32: Int] = [:]

    init(_ names: [String]) {
        self.names = names
        columns = names.map { _ in [] }
    }

    /// Adds a part of a window.
    ///
    /// - Parameters:
    ///   - sheet: of rows with something recorded alone.
    ///   - workloads: how many of each attribution there are; nil: as many as the sheet has.
    mutating func add(_ sheet: WorkloadSheet, workloads known: [Int32: Int64]? = nil) {
        let rows = sheet.keys.map { place(of: $0.attribution) }
        for column in columns.indices {
            columns[column] += repeatElement(0, count: ids.count - columns[column].count)
            let values = sheet.columns[column]
            columns[column].withUnsafeMutableBufferPointer { sums in
                for row in values.indices { sums[rows[row]] += values[row] }
            }
        }
        var counts = [Int64](repeating: 0, count: ids.count)
        for place in rows { counts[place] += 1 }
        for place in ids.indices where counts[place] > 0 {
            workloads[place] = max(workloads[place], known.map { $0[ids[place]] ?? 0 } ?? counts[place])
        }
    }

    private mutating func place(of id: Int32) -> Int {
        if let place = places[id] { return place }
        places[id] = ids.count
        ids.append(id)
        workloads.append(0)
        return ids.count - 1
    }

    /// A query for rows with `attribution_id`, the columns and `workloads`.
    func query(_ parameter: (SQLValue, _ type: String) -> String) -> String {
        let sums = zip(names, columns).map { name, column in
            // Those of bytes may be more than a bigint holds, but numbers of that type take longer.
            name.contains("byte")
                ? parameter(.texts(column.map { "\($0)" }), "numeric[]")
                : parameter(.ints(column.map { WorkloadSheet.bounded($0) }), "bigint[]")
        }
        let arrays = [parameter(.ints(ids.map(Int64.init)), "int[]")] + sums + [parameter(.ints(workloads), "bigint[]")]
        let names = (["attribution_id"] + names + ["workloads"]).joined(separator: ", ")
        return "unnest(\(arrays.joined(separator: ", "))) AS row (\(names))"
    }
}
