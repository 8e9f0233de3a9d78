"""What people do with papers: one function per act.

Each checks permission and stage, writes, recomputes and logs in one transaction.
"""
