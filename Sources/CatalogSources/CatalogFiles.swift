package import Base

/// The catalog files that a source of this path would read, in the order of their paths: the file itself, or what is below
/// a directory. Blocks.
///
/// - Throws: when there is nothing, when a directory cannot be read, or when there is too much.
package func catalogFiles(below root: String) throws(FileError) -> [String] {
    try DirectoryScan.files(below: root).keys.sorted()
}
