import Lab

@main
enum Main {
    static func main() async {}
}
