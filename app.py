from labinterp.app.shell import main

main()
