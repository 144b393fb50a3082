"""The program that runs one side: started by path, it knows nothing of the rest of cnnfc."""
