{{ edfacts_performance('FS178', 'STUDPERFRLA', 'ReadingLanguageArts') }}
