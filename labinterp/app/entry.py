"""What `labinterp app` hands to Streamlit: the same page as the `app.py` of a checkout."""

from labinterp.app.shell import main

main()
