"""What `labinterp app` hands to Streamlit: the same page as the `app.py` of a checkout.

Alone in its folder, because Streamlit puts the folder of a script before all others when it looks for modules.
"""

from labinterp.app.shell import main

main()
