/// A place in a text, counted from 1.
package struct SourcePosition: Sendable, Hashable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A place in a file, printed as compilers do (`file:line:column`), so that editors can jump there.
package struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    /// Nil when the whole file is meant.
    package var position: SourcePosition?

    package init(file: String, position: SourcePosition? = nil) {
        self.file = file
        self.position = position
    }

    package var description: String {
        position.map { "\(file):\($0.line):\($0.column)" } ?? file
    }
}
