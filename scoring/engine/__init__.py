"""The scoring engine: from the cells of one block to the places, exactly and without any framework.

METHOD.md beside this file tells the method in words; storage, people and papers belong to the apps.
"""
